//! Cards of other programs.

use super::*;

#[test]
fn a_phone_of_2005() {
    let (rows, dropped) = read("nokia-2.1.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Müller; geb. Krüger",
            "given_name=Jörg",
            "phones=mobile: +4915112345678; home: +4930901820; work fax: +4930901821",
            "emails=joerg.mueller@example.com",
            "country=DE",
            "addresses=home: Hauptstraße 12 | 50667 | Köln |  | DE",
            "note=Erste Zeile\nZweite Zeile mit €",
        ]]
    );
    assert_eq!(names(&dropped), ["BDAY", "PHOTO"]);
}

#[test]
fn outlook_with_bytes_of_windows_1252() {
    let (rows, dropped) = read("outlook-2.1.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Größe",
            "given_name=Änne",
            "name_prefix=Frau Dr.",
            "company=Muster & Söhne",
            "department=Einkauf",
            "job_title=Leiterin",
            "phones=work: +4930901822; mobile: +4915112345679",
            "emails=aenne@example.com",
            "websites=work: http://www.example.com",
            "country=DE",
            "addresses=work: Straße 1 | 10115 | Berlin |  | DE",
            "note=Spricht auch Englisch\n",
        ]]
    );
    assert_eq!(
        names(&dropped),
        ["X-MS-ANNIVERSARY", "X-MS-OL-DEFAULT-POSTAL-ADDRESS", "X-MS-SIGNATURE", "X-MS-SPOUSE"]
    );
}

#[test]
fn lotus_with_a_nested_card() {
    let (rows, dropped) = read("lotus-3.0.vcf");
    assert_eq!(
        rows[0],
        [
            "given_name=Jan",
            "family_name=van der Berg",
            "company=Voorbeeld B.V.",
            "phones=work: +31205550100; work fax: +31205550101",
            "emails=Jan@example.org; second@example.org",
            "websites=http://www.example.org/~jan",
            "country=NL",
            "addresses=work: Keizersgracht 1 | 1015 AA | Amsterdam | NH | NL",
        ]
    );
    assert_eq!(rows[1], ["given_name=Second", "family_name=Person", "emails=person@example.org"]);
    assert_eq!(names(&dropped), ["AGENT"]);
}

#[test]
fn gmail_evolution_and_apple() {
    let (rows, dropped) = read("gmail-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Muster-Beispiel",
            "given_name=Maria",
            "name_prefix=Dr.",
            "name_suffix=MBA",
            "company=Beispiel GmbH",
            "job_title=Geschäftsführerin",
            "phones=mobile: +436645550100; home fax: +4315550101",
            "emails=home: maria@example.net; Rechnungen: rechnung@example.net",
            "websites=work: http://www.example.net",
            "country=AT",
            "addresses=home: Ring 1,Stiege 2 | 1010 | Wien |  | AT",
            "tags=kunden, messe wien",
            "note=Erste Zeile\nLieblingsfarbe, blau; und ein sehr langer Text, der umgebrochen ist.",
        ]]
    );
    assert_eq!(names(&dropped), ["BDAY", "X-ABDATE", "X-ABRELATEDNAMES", "X-PHONETIC-FIRST-NAME"]);
    let (rows, dropped) = read("evolution-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Exemple",
            "given_name=Chloé",
            "job_title=Acheteuse",
            "phones=work: +33199000001; evolution-car: +33639980001",
            "emails=work: chloe@example.com",
            "country=FR",
            "addresses=home: BP 12, Bâtiment C, 1 rue de l'Exemple | 75001 | Paris | Île-de-France | FR",
            "external_id=pas-id-4F2A",
        ]]
    );
    assert_eq!(names(&dropped), ["X-EVOLUTION-SPOUSE", "X-JABBER"]);
    let (rows, dropped) = read("apple-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "company=Beispiel AG",
            "phones=main: +41446681800",
            "websites=HomePage: https://www.example.com",
            "country=CH",
            "addresses=work: Bahnhofstrasse 1 | 8001 | Zürich |  | CH",
        ]]
    );
    assert_eq!(names(&dropped), ["PHOTO"]);
}

#[test]
fn version_4() {
    let (rows, dropped) = read("rfc6350-4.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Beispiel",
            "given_name=Simone",
            "name_suffix=ing. jr M.Sc.",
            "company=Exemple, Inc.",
            "phones=work: +14185550101x102; mobile: +14185550100",
            "emails=work: simone@example.com",
            "websites=home: http://example.org",
            "country=CA",
            "addresses=work: Suite D2-630, 2875 Laurier | G1V 2M2 | Quebec | QC | CA",
            "language=fr",
            "external_id=urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        ]]
    );
    assert_eq!(names(&dropped), ["ANNIVERSARY", "BDAY", "GENDER", "GEO", "KEY", "LANG", "TZ", "URL"]);
}

#[test]
fn a_file_that_is_cut_keeps_the_cards_before() {
    let (rows, _) = read("cut.vcf");
    assert_eq!(
        rows,
        [
            vec!["given_name=Anna", "family_name=Ganz", "emails=anna@example.com"],
            vec!["row 2: the card has no end; the next one begins inside it"],
            vec!["given_name=Bo", "family_name=Ganz", "emails=bo@example.com"],
            vec!["row 4: the card stands for a group, not for a person"],
            vec!["row 5: the file ends in the middle of the card"],
        ]
    );
}
