use proptest::prelude::*;

use super::{CustomColumn, MapError, Mapping};

fn mapped(headers: &[&str]) -> Vec<String> {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    Mapping::guess(&headers, &[], &[]).columns().iter().map(|guess| guess.target.to_string()).collect()
}

fn check(pairs: &[(&str, &str)]) {
    let headers: Vec<&str> = pairs.iter().map(|(header, _)| *header).collect();
    for ((header, want), got) in pairs.iter().zip(mapped(&headers)) {
        assert_eq!(got, *want, "{header}");
    }
}

#[test]
fn outlook_in_english() {
    check(&[
        ("Title", "name_prefix"),
        ("First Name", "given_name"),
        ("Middle Name", "middle_name"),
        ("Last Name", "family_name"),
        ("Suffix", "name_suffix"),
        ("Company", "company"),
        ("Department", "department"),
        ("Job Title", "job_title"),
        ("Business Street", "street:work"),
        ("Business Street 2", "street:work"),
        ("Business City", "city:work"),
        ("Business State", "region:work"),
        ("Business Postal Code", "postal_code:work"),
        ("Business Country/Region", "address_country:work"),
        ("Home Street", "street:home"),
        ("Other City", "city:other"),
        ("Assistant's Phone", "skip"),
        ("Business Fax", "phones:work fax"),
        ("Business Phone", "phones:work"),
        ("Business Phone 2", "phones:work"),
        ("Company Main Phone", "phones:work"),
        ("Home Phone", "phones:home"),
        ("Mobile Phone", "phones:mobile"),
        ("Primary Phone", "phones"),
        ("E-mail Address", "emails"),
        ("E-mail Type", "skip"),
        ("E-mail Display Name", "skip"),
        ("E-mail 2 Address", "emails"),
        ("E-mail 2 Type", "skip"),
        ("Web Page", "websites"),
        ("Categories", "tags"),
        ("Notes", "note"),
        ("Anniversary", "skip"),
        ("Hobby", "skip"),
        ("Manager's Name", "skip"),
        ("Language", "language"),
    ]);
}

#[test]
fn outlook_in_german() {
    check(&[
        ("Anrede", "form_of_address"),
        ("Vorname", "given_name"),
        ("Weitere Vornamen", "middle_name"),
        ("Nachname", "family_name"),
        ("Firma", "company"),
        ("Abteilung", "department"),
        ("Position", "job_title"),
        ("Straße geschäftlich", "street:work"),
        ("Ort geschäftlich", "city:work"),
        ("Postleitzahl geschäftlich", "postal_code:work"),
        ("Land/Region geschäftlich", "address_country:work"),
        ("Bundesland/Kanton privat", "region:home"),
        ("Fax geschäftlich", "phones:work fax"),
        ("Telefon geschäftlich", "phones:work"),
        ("Telefon geschäftlich 2", "phones:work"),
        ("Mobiltelefon", "phones:mobile"),
        ("Telefon privat", "phones:home"),
        ("E-Mail-Adresse", "emails"),
        ("E-Mail 2: Adresse", "emails"),
        ("Webseite", "websites"),
        ("Notizen", "note"),
        ("Kategorien", "tags"),
    ]);
}

#[test]
fn google_contacts() {
    check(&[
        ("Name", "name"),
        ("Given Name", "given_name"),
        ("Additional Name", "middle_name"),
        ("Family Name", "family_name"),
        ("Nickname", "skip"),
        ("Group Membership", "tags"),
        ("E-mail 1 - Type", "label_of.emails"),
        ("E-mail 1 - Value", "emails"),
        ("Phone 1 - Type", "label_of.phones"),
        ("Phone 1 - Value", "phones"),
        ("Address 1 - Type", "label_of.addresses"),
        ("Address 1 - Formatted", "skip"),
        ("Address 1 - Street", "street"),
        ("Address 1 - City", "city"),
        ("Address 1 - Region", "region"),
        ("Address 1 - Postal Code", "postal_code"),
        ("Address 1 - Country", "address_country"),
        ("Organization 1 - Name", "company"),
        ("Organization 1 - Title", "job_title"),
        ("Organization 1 - Department", "department"),
        ("Website 1 - Label", "label_of.websites"),
        ("Website 1 - Value", "websites"),
    ]);
}

#[test]
fn crms_and_lists() {
    check(&[
        ("first_name", "given_name"),
        ("last_name", "family_name"),
        ("company_name", "company"),
        ("address", "street"),
        ("city", "city"),
        ("county", "skip"),
        ("state", "region"),
        ("zip", "postal_code"),
        ("phone1", "phones"),
        ("phone2", "phones"),
        ("email", "emails"),
        ("web", "websites"),
    ]);
    // HubSpot, Salesforce, Pipedrive, Thunderbird
    check(&[
        ("Record ID", "external_id"),
        ("Contact owner", "owner"),
        ("Lead Status", "skip"),
        ("Mobile Phone Number", "phones:mobile"),
        ("Country/Region", "country"),
        ("Website URL", "websites"),
        ("Lead Source", "source"),
    ]);
    check(&[
        ("Salutation", "form_of_address"),
        ("Account Name", "company"),
        ("Mailing Street", "street:mailing"),
        ("Mailing Zip/Postal Code", "postal_code:mailing"),
        ("Mailing Country", "address_country:mailing"),
        ("Mobile", "phones:mobile"),
        ("Fax", "phones:fax"),
        ("Description", "note"),
        ("Person - Email - Work", "emails:work"),
        ("Person - First Name", "given_name"),
    ]);
    check(&[
        ("Display Name", "name"),
        ("Primary Email", "emails"),
        ("Secondary Email", "emails"),
        ("Work Phone", "phones:work"),
        ("Fax Number", "phones:fax"),
        ("Mobile Number", "phones:mobile"),
        ("Home ZipCode", "postal_code:home"),
        ("Organization", "company"),
        ("Web Page 1", "websites"),
    ]);
}

#[test]
fn dutch_and_french() {
    check(&[
        ("Voornaam", "given_name"),
        ("Achternaam", "family_name"),
        ("Bedrijf", "company"),
        ("Functie", "job_title"),
        ("Telefoon zakelijk", "phones:work"),
        ("Mobiel", "phones:mobile"),
        ("E-mailadres", "emails"),
        ("Straat en huisnummer", "street"),
        ("Plaats", "city"),
        ("Land", "country"),
        ("Opmerkingen", "note"),
    ]);
    check(&[
        ("Prénom", "given_name"),
        ("Nom", "family_name"),
        ("Société", "company"),
        ("Téléphone portable", "phones:mobile"),
        ("Adresse e-mail", "emails"),
        ("Adresse", "street"),
        ("Code postal", "postal_code"),
        ("Ville", "city"),
        ("Pays", "country"),
        ("Remarques", "note"),
    ]);
}

#[test]
fn what_only_the_whole_table_shows() {
    check(&[("Vorname", "given_name"), ("Name", "family_name")]);
    check(&[("Name", "name"), ("E-Mail", "emails")]);
    check(&[("Title", "job_title"), ("Name", "name")]);
    check(&[("Address", "addresses"), ("Name", "name")]);
    check(&[("Address 1", "street"), ("Address 2", "street"), ("City", "city")]);
    check(&[("County", "region"), ("Town", "city"), ("Postcode", "postal_code")]);
    check(&[("id", "skip"), ("external_id", "external_id")]);
    check(&[("Role", "job_title"), ("Position", "skip")]);
    check(&[("callbook_id", "skip"), ("revision", "skip"), ("created_at", "skip"), ("updated_at", "skip")]);
}

#[test]
fn the_names_of_fields_are_headers() {
    use crate::domain::contact::ContactField;
    use crate::domain::field::Edit;
    for field in ContactField::ALL {
        let name = field.spec().name;
        let want = if field.spec().edit == Edit::Free { name } else { "skip" };
        assert_eq!(mapped(&[name]), [want]);
    }
}

fn table(headers: &[&str]) -> Mapping {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let custom = [CustomColumn { name: "fleet_size".into(), label: "Number of lorries".into() }];
    Mapping::guess(&headers, &[vec!["Anna".into(), "x".into()]], &custom)
}

#[test]
fn forbidden_columns_stand_in_the_way_until_skipped_and_are_never_mapped() {
    let mut mapping = table(&["Name", "Religionszugehörigkeit", "Geburts-Datum"]);
    assert_eq!(mapping.forbidden().iter().map(|guess| guess.column).collect::<Vec<_>>(), [1, 2]);
    assert!(mapping.forbidden()[0].samples.is_empty());
    let refused = mapping.apply("Religionszugehörigkeit", "note").unwrap_err();
    assert!(matches!(refused, MapError::Forbidden { kind: "religion", .. }));
    mapping.skip("religionszugehorigkeit").unwrap();
    mapping.apply("Geburts-Datum", "skip").unwrap();
    assert!(mapping.forbidden().is_empty());
}

#[test]
fn a_person_corrects_the_guess() {
    let mut mapping = table(&["Wer", "Kürzel", "Lorries", "Number of Lorries", "custom.fleet_size", "Tel"]);
    let targets = |mapping: &Mapping| {
        mapping.columns().iter().map(|guess| guess.target.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&mapping)[2..], ["skip", "skip", "custom.fleet_size", "phones"]);
    for (header, target) in [
        ("Wer", "name"),
        ("Kürzel", "street:home"),
        ("Lorries", "custom.fleet_size"),
        ("Number of Lorries", "Note"),
        ("Tel", "phones:invoices"),
    ] {
        mapping.apply(header, target).unwrap();
    }
    assert_eq!(
        targets(&mapping),
        ["name", "street:home", "custom.fleet_size", "note", "skip", "phones:invoices"]
    );
    mapping.apply("Tel", "E-Mail").unwrap();
    assert_eq!(targets(&mapping)[5], "emails");
    let error = mapping.apply("Telefon", "phone").unwrap_err().to_string();
    assert_eq!(error, "the file has no column `Telefon`; did you mean `Tel`?");
    let error = mapping.apply("Tel", "custom.flet_size").unwrap_err().to_string();
    assert!(error.ends_with("did you mean `custom.fleet_size`?"), "{error}");
    assert!(matches!(mapping.apply("Tel", "deleted_at"), Err(MapError::Operation("deleted_at"))));
}

#[test]
fn every_choice_is_a_target() {
    let mut mapping = table(&["X"]);
    for choice in mapping.choices() {
        mapping.apply("X", &choice).unwrap();
        assert_eq!(mapping.columns()[0].target.to_string(), choice);
    }
}

#[test]
fn without_headers_only_what_values_show() {
    let samples = [
        vec![
            "Anna".to_owned(),
            "anna@example.com".to_owned(),
            "+49 30 901820".to_owned(),
            "https://example.com".to_owned(),
        ],
        vec!["Bo".to_owned(), String::new(), "030/901821".to_owned(), String::new()],
    ];
    let mapping = Mapping::guess_without_headers(&samples, 4, &[]);
    let targets: Vec<_> = mapping.columns().iter().map(|guess| guess.target.to_string()).collect();
    assert_eq!(targets, ["skip", "emails", "phones", "websites"]);
    assert!(mapping.columns().iter().all(|guess| !guess.sure));
}

proptest! {
    #[test]
    fn any_headers(headers in proptest::collection::vec("\\PC{0,20}", 0..8), target in "\\PC{0,12}") {
        let mut mapping = Mapping::guess(&headers, &[], &[]);
        for header in &headers {
            let _ = mapping.apply(header, &target);
        }
        for guess in mapping.columns() {
            prop_assert!(guess.forbidden.is_none() || guess.target == super::Target::Skip);
        }
    }
}
