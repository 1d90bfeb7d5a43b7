//! Everything a key can do, each thing once.
//!
//! Footer, `?` help, palette, the popup of what may follow a prefix, the man page and `[keys]` of the configuration
//! are derived from [`ACTIONS`]. A reason why something is not possible now comes from [`super::app::App::disabled`].

/// A place that has the keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Context {
    Today,
    CallLists,
    Contacts,
    Companies,
    Contact,
    Company,
    Activity,
    Requests,
    Request,
}

impl Context {
    pub const ALL: [Context; 9] = [
        Context::Today,
        Context::CallLists,
        Context::Contacts,
        Context::Companies,
        Context::Contact,
        Context::Company,
        Context::Activity,
        Context::Requests,
        Context::Request,
    ];

    const fn bit(self) -> u16 {
        match self {
            Context::Contacts => 1,
            Context::Companies => 2,
            Context::Contact => 4,
            Context::Company => 8,
            Context::Activity => 16,
            Context::Today => 32,
            Context::CallLists => 64,
            Context::Requests => 128,
            Context::Request => 256,
        }
    }

    /// What the help calls it.
    pub fn title(self) -> &'static str {
        match self {
            Context::Contacts => "the list of contacts",
            Context::Companies => "the list of companies",
            Context::Contact => "a contact",
            Context::Company => "a company",
            Context::Activity => "the log",
            Context::Today => "the day's work",
            Context::CallLists => "the call lists",
            Context::Requests => "the requests of persons",
            Context::Request => "a request",
        }
    }
}

/// A set of contexts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct On(u16);

const LISTS: On = On(Context::Contacts.bit() | Context::Companies.bit());
const DETAIL: On = On(Context::Contact.bit() | Context::Company.bit());
const RECORDS: On = On(LISTS.0 | DETAIL.0);
const PEOPLE: On = On(Context::Contacts.bit() | Context::Contact.bit());
const CONTACT: On = On(Context::Contact.bit());
const CONTACTS: On = On(Context::Contacts.bit());
const DAY: On = On(Context::Today.bit());
const PERSON: On = On(PEOPLE.0 | DAY.0);
const CALLS: On = On(PERSON.0 | Context::CallLists.bit());
const RIGHTS: On = On(Context::Requests.bit() | Context::Request.bit());
const REQUEST: On = On(Context::Request.bit());
const ASKING: On = On(PERSON.0 | RIGHTS.0);
const ALL: On = On(511);

impl On {
    pub fn has(self, context: Context) -> bool {
        self.0 & context.bit() != 0
    }

    pub fn meets(self, other: On) -> bool {
        self.0 & other.0 != 0
    }
}

/// The headings of the help, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    Move,
    Look,
    Find,
    Mark,
    Change,
    Log,
    Copy,
    Program,
}

impl Group {
    pub const ALL: [Group; 8] = [
        Group::Move,
        Group::Look,
        Group::Find,
        Group::Mark,
        Group::Change,
        Group::Log,
        Group::Copy,
        Group::Program,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Group::Move => "Moving",
            Group::Look => "Looking",
            Group::Find => "Finding",
            Group::Mark => "Marking",
            Group::Change => "Changing",
            Group::Log => "Notes and activities",
            Group::Copy => "Copying",
            Group::Program => "The program",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct ActionSpec {
    pub action: Action,
    /// The word in `[keys]` of the configuration.
    pub name: &'static str,
    /// Sequences of keys, each key in the notation of [`super::keys`], separated by spaces.
    pub keys: &'static [&'static str],
    /// Two or three words for the footer.
    pub label: &'static str,
    /// A sentence without a subject.
    pub help: &'static str,
    pub on: On,
    pub group: Group,
    /// How much it deserves a place in the footer; 0 is none.
    pub footer: u8,
}

macro_rules! actions {
    ($($action:ident $name:literal [$($key:literal)*] $label:literal $help:literal $on:ident $group:ident $footer:literal;)*) => {
        /// Something a key can do.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Action { $($action,)* }

        /// Every action, in the order of the help.
        pub const ACTIONS: &[ActionSpec] = &[$(ActionSpec {
            action: Action::$action, name: $name, keys: &[$($key),*], label: $label, help: $help,
            on: $on, group: Group::$group, footer: $footer,
        },)*];
    };
}

actions! {
    Down "down" ["j" "down"] "down" "Moves to the next row." ALL Move 0;
    Up "up" ["k" "up"] "up" "Moves to the row before." ALL Move 0;
    Top "top" ["g g" "home"] "first" "Moves to the first row." ALL Move 0;
    Bottom "bottom" ["G" "end"] "last" "Moves to the last row." ALL Move 0;
    PageDown "page-down" ["pgdn"] "page down" "Moves down by a page." ALL Move 0;
    PageUp "page-up" ["pgup"] "page up" "Moves up by a page." ALL Move 0;
    HalfDown "half-down" ["ctrl-d"] "half down" "Moves down by half a page; it only scrolls." ALL Move 0;
    HalfUp "half-up" ["ctrl-u"] "half up" "Moves up by half a page; it only scrolls." ALL Move 0;
    Open "open" ["enter"] "open" "Opens what the cursor is on. Enter never changes anything." ALL Move 90;
    NextPane "next-pane" ["tab" "right"] "next pane" "Goes to the next pane or tab." RECORDS Move 60;
    PrevPane "prev-pane" ["shift-tab" "left"] "previous pane" "Goes to the pane or tab before." RECORDS Move 0;
    NextRecord "next-record" ["]"] "next record" "Shows the next record of the list it was opened from." DETAIL Move 70;
    PrevRecord "prev-record" ["["] "previous record" "Shows the record before it in the list it was opened from." DETAIL Move 69;
    Back "back" ["H"] "back" "Goes back to where one was." ALL Move 0;
    Forward "forward" ["L"] "forward" "Undoes going back." ALL Move 0;
    Today "today" ["1"] "today" "Shows what is to be done today: calls, tasks, call lists, what runs out." ALL Move 0;
    CallLists "call-lists" ["g w"] "call lists" "Shows the call lists; enter works through one, one person after another." ALL Move 0;
    Contacts "contacts" ["2" "g c"] "contacts" "Goes to the contacts." ALL Move 0;
    Companies "companies" ["3" "g o"] "companies" "Goes to the companies (organisations)." ALL Move 0;
    Activity "activity" ["7" "g a"] "activity" "Goes to the log: who changed what and when." ALL Move 0;
    Requests "requests" ["8" "g r"] "requests" "Shows what persons ask for by right, the next due first." ALL Move 0;
    Escape "escape" ["esc"] "one level back" "Clears one thing: marks, then the search, then leaves the record. It never quits." ALL Move 0;

    Preview "preview" ["z"] "preview" "Shows or hides the pane beside the list." LISTS Look 40;
    ScrollDown "scroll-down" ["J"] "scroll" "Scrolls the pane beside the list, or the text." RECORDS Look 0;
    ScrollUp "scroll-up" ["K"] "scroll back" "Scrolls it back." RECORDS Look 0;
    AsOf "as-of" ["T"] "as it stood" "Shows the record as it stood on a date." DETAIL Look 30;
    Why "why" ["W"] "why" "Explains why you see the field under the cursor as it is; Enter does it on a masked one." CONTACT Look 0;
    Refresh "refresh" ["R"] "refresh" "Asks the store again." ALL Look 0;
    Sort "sort" ["s"] "sort" "Chooses the order of the list." LISTS Look 50;
    Views "views" ["S"] "views" "Chooses a saved view: filter, columns and order of the list; or saves what is shown as one." LISTS Look 48;

    Search "search" ["/"] "search" "Searches as you type; takes filters such as tag:fair owner:me." LISTS Find 95;
    Jump "jump" ["ctrl-p"] "jump" "Jumps to any record, or runs any action, by a few letters." ALL Find 55;
    Again "again" ["'"] "last jump" "Opens the last jump again." ALL Find 0;
    Deleted "deleted" ["g d"] "deleted" "Shows deleted records, which can be restored." LISTS Find 0;

    Mark "mark" ["space"] "mark" "Marks the row, or takes the mark away. What follows works on the marks." LISTS Mark 80;
    Range "range" ["v"] "range" "Begins a range; the next v marks all rows in between." LISTS Mark 0;
    MarkAll "mark-all" ["*"] "mark all" "Marks everything the search finds, or takes all marks away." LISTS Mark 0;

    New "new" ["n"] "new" "Makes a new record of the kind shown here." RECORDS Change 75;
    NewAny "new-any" ["N"] "new …" "Makes a new record of any kind." ALL Change 0;
    Edit "edit" ["e"] "edit" "Edits the field or note under the cursor, or the whole record." RECORDS Change 85;
    EditText "edit-text" ["E"] "edit as text" "Edits all fields as a text in your own editor." RECORDS Change 0;
    Tag "tag" ["#"] "tag" "Adds tags, or with - before one takes it away." RECORDS Change 65;
    Owner "owner" ["o"] "owner" "Gives the record to somebody." RECORDS Change 45;
    Merge "merge" ["M"] "merge" "Merges two marked contacts into one, after a preview." CONTACTS Change 0;
    Delete "delete" ["D"] "delete" "Takes records or a note out of all lists; they can be restored." RECORDS Change 0;
    Restore "restore" ["r"] "restore" "Brings deleted records back." RECORDS Change 0;
    Import "import" ["I"] "import" "Imports contacts from a file." LISTS Change 0;
    Complete "complete" ["x"] "done" "Notes that the task under the cursor is done." DAY Change 80;
    Undo "undo" ["u"] "undo" "Takes back your last change as a new change." ALL Change 35;
    Redo "redo" ["U"] "redo" "Takes back the last undo." ALL Change 0;

    Call "call" ["c"] "call" "Call mode: whether and why the person may be called, the script, the answers." CALLS Log 70;
    FollowUp "follow-up" ["t"] "follow-up" "Makes a task about the person, with a day." PERSON Log 0;
    Consent "consent" ["w"] "consent" "Shows what the person agreed to, records a yes or a no, withdraws, objects." PERSON Log 66;
    AddNote "note" ["a n"] "note" "Writes a note about the contact." PEOPLE Log 60;
    LogCall "log-call" ["a c"] "call" "Logs a call." PEOPLE Log 0;
    LogEmail "log-email" ["a e"] "e-mail" "Logs an e-mail." PEOPLE Log 0;
    LogMeeting "log-meeting" ["a m"] "meeting" "Logs a meeting." PEOPLE Log 0;

    TakeIn "request" ["a r"] "request" "Takes in what the person asks for by right: access, erasure, objection and so on." ASKING Log 0;
    Identify "identify" ["i"] "identity" "Notes how it was made sure who asks; no deadline waits for it." RIGHTS Change 80;
    Extend "extend" ["x"] "extend" "Extends the time to answer, with the reason the person is told." RIGHTS Change 60;
    Refuse "refuse" ["X"] "refuse" "Refuses a request, with the reason the person is told." RIGHTS Change 58;
    Answered "answered" ["d"] "answered" "Notes which way the answer went, and closes the request." RIGHTS Change 78;
    Assign "assign" ["o"] "assign" "Says who carries the request out." RIGHTS Change 64;

    CopyLetter "copy-letter" ["y t"] "letter" "Copies the letter that tells the person what was decided." REQUEST Copy 0;
    CopyField "copy" ["y y"] "what is shown" "Copies the field under the cursor; in a list the whole record as text." RECORDS Copy 0;
    CopyPhone "copy-phone" ["y p"] "phone" "Copies a phone number." RECORDS Copy 0;
    CopyEmail "copy-email" ["y e"] "e-mail" "Copies an e-mail address." RECORDS Copy 0;
    CopyAddress "copy-address" ["y a"] "address" "Copies a postal address." RECORDS Copy 0;
    CopyLink "copy-link" ["y l"] "link" "Copies a website." RECORDS Copy 0;
    CopyName "copy-name" ["y n"] "name" "Copies the name." RECORDS Copy 0;
    CopyId "copy-id" ["y i"] "id" "Copies the id, for the command line." RECORDS Copy 0;

    Command "command" [":"] "command" "Takes a command in the words of the command line." ALL Program 20;
    Help "help" ["?" "f1"] "help" "Shows every key that works here; type to search, Enter runs it." ALL Program 0;
    Jobs "jobs" ["g j"] "jobs" "Shows long work with its progress, and cancels it." ALL Program 0;
    Theme "theme" ["g t"] "theme" "Chooses the colours." ALL Program 0;
    Lock "lock" [] "lock" "Locks the program until the store is unlocked again." ALL Program 0;
    Close "close" ["q"] "close" "Leaves the record, or the program." ALL Program 10;
}

impl Action {
    /// The row of the table. The macro writes both in the same order.
    pub fn spec(self) -> &'static ActionSpec {
        &ACTIONS[self as usize]
    }

    pub fn by_name(name: &str) -> Option<Action> {
        ACTIONS.iter().find(|spec| spec.name == name).map(|spec| spec.action)
    }
}

/// What the single letter before others means, for the popup of what may follow.
pub fn prefix_title(first: &str) -> &'static str {
    match first {
        "g" => "go to",
        "y" => "copy",
        "a" => "add",
        _ => "then",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_describes_each_action_once() {
        for (at, spec) in ACTIONS.iter().enumerate() {
            assert_eq!(spec.action as usize, at);
            assert_eq!(Action::by_name(spec.name), Some(spec.action));
            assert!(spec.help.ends_with('.'), "{}: the help is a sentence", spec.name);
            assert!(spec.label.chars().count() <= 16, "{}", spec.name);
        }
    }

    #[test]
    fn no_destructive_key_lies_beside_a_movement_key() {
        let movement = ["j", "k", "down", "up"];
        for action in [Action::Delete, Action::Merge, Action::Restore] {
            for key in action.spec().keys {
                assert!(!movement.contains(key) && !["h", "l", "i", "m", "J", "K"].contains(key), "{key}");
            }
        }
    }
}
