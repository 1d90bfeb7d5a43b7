//! What remains: proof, numbers, and those who are to be told.

use super::*;

/// Scenario 18.
#[test]
fn proof_of_consent_is_there_in_year_four_and_gone_after_year_five() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let mut german = person("Anna", "030 901820", "anna@example.com");
    german.push(FieldEdit::text("country", "DE"));
    let anna = add(&owner, german).unwrap().id;
    say(&owner, anna, ConsentKind::Given);
    erase(&fixture, anna);
    let of = |text: &str| KeptProofs {
        of: Some(Typed { class: Class::Phone, text: text.into(), country: "DE".into() }),
    };
    fixture.days_later(4 * 365);
    assert_eq!(fixture.service.sweep_proofs(now(&fixture), false).unwrap().expired, 0);
    fixture.reload();
    let proofs = dpo.call(of("030 901820")).unwrap();
    assert_eq!(proofs.len(), 1);
    for text in ["Anna Schmidt", "those were the words", "\"r\":", "\"seq\":"] {
        assert!(proofs[0].proof.contains(text), "{text}: {}", proofs[0].proof);
    }
    assert_eq!(dpo.call(of("030 901821")).unwrap(), [], "of others there is none");
    assert_eq!(dpo.call(KeptProofs { of: None }).unwrap()[0].proof, "", "who names nobody is shown nobody");
    for name in ["owner", "admin", "lead", "rep", "auditor"] {
        assert_eq!(fixture.client(name).call(of("030 901820")).unwrap_err().code, Code::Denied, "{name}");
    }
    // It makes nobody usable.
    assert_eq!(find(&owner, ""), Vec::<String>::new());
    fixture.days_later(365 + 2);
    assert_eq!(dpo.call(of("030 901820")).unwrap(), [], "over its time it is not shown, swept or not");
    assert_eq!(dpo.call(SweepProofs { dry_run: true }).unwrap().expired, 1);
    assert_eq!(dpo.call(SweepProofs { dry_run: false }).unwrap().expired, 1);
    assert_eq!(dpo.call(KeptProofs { of: None }).unwrap(), []);
    let epoch = fixture.service.store.read(|reader| Ok::<_, StoreError>(reader.epoch())).unwrap();
    assert_eq!(epoch, 2, "its key was destroyed like a person's");
    fixture.reload();
    verified(&dpo);
}

#[test]
fn many_are_erased_and_counted_at_once() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let people: Vec<SubjectId> = (0..120)
        .map(|n| {
            let (name, phone) = (format!("Person{n}"), format!("030 9018{n:03}"));
            SubjectId(add(&owner, person(&name, &phone, &format!("p{n}@example.com"))).unwrap().id)
        })
        .collect();
    add(&owner, person("Stays", "030 901999", "stays@example.com")).unwrap();
    say(&owner, people[7].0, ConsentKind::Refused);
    let receipt = fixture.service.erase_batch(&people, &order(Ground::Retention), now(&fixture)).unwrap();
    assert_eq!((receipt.erased.len(), receipt.epoch, receipt.number), (120, 1, 1));
    assert_eq!(find(&owner, ""), ["Stays Schmidt"]);
    let told = dpo.call(CertificateGet { number: 1 }).unwrap();
    assert_eq!((told.persons, told.sweep.as_str(), told.decided_by.as_str()), (120, "plan", ""));
    // Nobody asked to be left alone, but one said no: that outlives the data.
    assert_eq!(import(&owner, "030 9018008", ""), Outcome::Created);
    let check = SuppressionCheck {
        of: Typed { class: Class::Phone, text: "030 9018007".into(), country: String::new() },
    };
    assert_eq!(dpo.call(check).unwrap().hit.map(|hit| hit.scope), Some(Scope::Marketing));
    // The month is not over; then only what is large enough is told.
    assert_eq!(dpo.call(Aggregates {}).unwrap().lines, []);
    fixture.days_later(40);
    let report = dpo.call(Aggregates {}).unwrap();
    let lines: Vec<(&str, u64)> =
        report.lines.iter().map(|line| (line.outcome.as_str(), line.persons)).collect();
    assert_eq!((lines, report.left_out), (vec![("unanswered", 119)], 1));
    verified(&dpo);
}

/// Art. 19 and 17(2) GDPR.
#[test]
fn whoever_was_given_the_data_is_to_be_told() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let bert = add(&owner, person("Bert", "030 901821", "bert@example.com")).unwrap().id;
    let cara = add(&owner, person("Cara", "030 901822", "cara@example.com")).unwrap().id;
    say(&owner, anna, ConsentKind::Given);
    // On another ground than consent no use is recorded, but who left is.
    let mut said = Said::new(ConsentKind::Asserted, "sales", Channel::Phone, Way::InPerson, "");
    said.basis = Some(crate::domain::basis::Basis::Contract);
    said.reason = "ordered on Monday".into();
    owner.call(ConsentRecord { contact: ContactId(bert), said: vec![said] }).unwrap();
    let dialler = [
        ("name", "dialler"),
        ("title", "Dialler Ltd"),
        ("role", "processor"),
        ("country", "DE"),
        ("agreement", "cabinet 4"),
        ("checklist", "a, b, c, d, e, f, g, h"),
    ];
    let fields = dialler.map(|(field, text)| FieldEdit::text(field, text)).to_vec();
    owner.call(Add { kind: RecordKind::Recipient, about: None, fields }).unwrap();
    let sales = fixture.service.read_world().consents.named("sales").unwrap().1.id;
    let fields = vec![FieldEdit::text("recipients", "dialler")];
    owner.call(Edit { kind: RecordKind::Purpose, id: sales, fields, expect_revision: None }).unwrap();
    let export = Export {
        query: String::new(),
        purpose: "sales".into(),
        channel: Channel::Phone,
        window: Window::default(),
        columns: vec![],
        to: "dialler".into(),
        run: None,
    };
    assert_eq!(owner.call(export).unwrap().page.total, 2);
    let publication = crate::domain::accountability::Publication {
        place: "https://example.org/team/anna-schmidt".into(),
        what: "name and portrait".into(),
        ..Default::default()
    };
    let publish = move |txn: &mut WriteTxn<'_>| Ok::<_, Error>(txn.create(SubjectId(anna), &publication)?);
    fixture.service.store.write(program(), publish).unwrap();

    let done = erase(&fixture, anna);
    assert_eq!(done.plan.recipients, ["dialler", "publication 1"]);
    let texts: Vec<&str> = done.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(texts[0].contains("Art. 19") && texts[0].contains("for: sales"), "{}", texts[0]);
    assert!(
        texts[1].contains("Art. 17(2)") && texts[1].contains("example.org/team/anna-schmidt"),
        "{}",
        texts[1]
    );
    for text in texts {
        assert!(
            text.contains("Muster GmbH")
                && text.contains("Person: Anna Schmidt")
                && text.contains("+4930901820")
        );
    }
    let receipt = done.receipt.unwrap();
    assert!(
        !format!("{receipt:?}").contains("example.org"),
        "what is kept tells whom, not of whom: {receipt:?}"
    );
    let told = |recipient: &str| dpo.call(RecipientTold { certificate: 1, recipient: recipient.into() });
    assert_eq!(told("mailer").unwrap_err().code, Code::NotFound);
    let after = told("dialler").unwrap().recipients;
    assert_eq!(after.iter().map(|one| one.told).collect::<Vec<_>>(), [true, false]);
    assert_eq!(told("dialler").unwrap().recipients, after, "once is enough");
    assert_eq!(erase(&fixture, bert).plan.recipients, ["dialler"]);
    assert_eq!(erase(&fixture, cara).plan.recipients, Vec::<String>::new());
    verified(&dpo);
}
