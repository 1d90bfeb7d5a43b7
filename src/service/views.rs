//! Saved views: which one a name stands for, who has which, who may change them.
//!
//! A view widens nothing: its filter stands in the query of whoever uses it, within what that person may see.

use uuid::Uuid;

use super::list::sort_of;
use super::sight::Sight;
use super::world::World;
use super::{Ask, no_such};
use crate::api::view::{Completion, ViewInfo};
use crate::api::{Code, Complete, Error, Views};
use crate::domain::access::Verb;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::id::UserId;
use crate::domain::query::{FilterName, MAX_TERMS, Query, Value as QueryValue};
use crate::domain::schema::Schema;
use crate::domain::value::Value;
use crate::domain::view::{Belongs, SavedView, ViewField, shipped};
use crate::store::Stored;

/// Columns that are no fields.
const OWN_COLUMNS: &[&str] = &["id", "revision", "display_name", "created_at", "updated_at"];

/// Whether somebody may change a view: everybody own ones, a lead the team's, the owner and the DPO the roles' and
/// everybody's. Who may change many of a team's records is its lead, who decides which fields there are one of the two.
fn may_change(sight: &Sight, view: &SavedView) -> bool {
    let decides = sight.may(Verb::Configure);
    match view.belongs() {
        Ok(Belongs::User) => view.user == Some(UserId(sight.user())),
        Ok(Belongs::Team) => sight.may(Verb::Bulk) && (decides || view.team == sight.team()),
        Ok(Belongs::Role | Belongs::Everybody) => decides,
        Ok(Belongs::Shipped) | Err(_) => false,
    }
}

/// Whether a view is one of somebody's own, the team's, the role's or everybody's.
fn has(sight: &Sight, view: &SavedView) -> bool {
    match view.belongs() {
        Ok(Belongs::User) => view.user == Some(UserId(sight.user())),
        Ok(Belongs::Team) => view.team == sight.team(),
        Ok(Belongs::Role) => view.role == sight.rules().name.as_str(),
        Ok(Belongs::Everybody) => true,
        Ok(Belongs::Shipped) | Err(_) => false,
    }
}

/// Whether a view is there for somebody.
pub(super) fn shows(sight: &Sight, view: &SavedView) -> bool {
    has(sight, view) || may_change(sight, view)
}

/// The same of a record that is one, where it is one.
pub(super) fn shows_stored(sight: &Sight, stored: &Stored) -> bool {
    stored.kind != RecordKind::View || stored.entity::<SavedView>().is_ok_and(|view| shows(sight, &view))
}

/// A view that says nothing of whose it is belongs to who makes it.
pub(super) fn own_by_default(sight: &Sight, fields: &mut Fields) {
    let whose = [ViewField::user, ViewField::team, ViewField::role, ViewField::everybody];
    if !whose.iter().any(|field| fields.contains_key(&field.key())) {
        fields.insert(ViewField::user.key(), Value::User(UserId(sight.user())));
    }
}

/// Checks a view that is about to be saved, changed, deleted or restored; other records pass.
pub(super) fn vet(
    world: &World,
    sight: &Sight,
    kind: RecordKind,
    old: Option<&Stored>,
    new: &Fields,
) -> Result<(), Error> {
    if kind != RecordKind::View {
        return Ok(());
    }
    if let Some(stored) = old {
        let view: SavedView = stored.entity()?;
        if !shows(sight, &view) {
            return Err(no_such(kind, stored.id));
        }
        must_change(sight, &view)?;
    }
    let view = SavedView::of_fields(new).map_err(|error| Error::usage(error.to_string()))?;
    view.belongs()?;
    must_change(sight, &view)?;
    if view.deleted_at.is_some() {
        return Ok(());
    }
    view.check()?;
    if let Some(on) = view.kind.0 {
        vet_definition(&world.schema, on.record(), &view)?;
    }
    let twin = world.views.iter().find(|(id, (_, other))| {
        old.is_none_or(|old| old.id != **id)
            && (&other.name, other.kind) == (&view.name, view.kind)
            && (other.user, &other.team, &other.role, other.everybody)
                == (view.user, &view.team, &view.role, view.everybody)
    });
    match twin {
        Some((id, _)) => Err(Error::conflict(format!("there is a view `@{}` already", view.name))
            .hint(format!("change that one: `callbook view edit {id}`"))),
        None => Ok(()),
    }
}

fn must_change(sight: &Sight, view: &SavedView) -> Result<(), Error> {
    if may_change(sight, view) {
        return Ok(());
    }
    let whose = match view.belongs() {
        Ok(Belongs::User) => "another user's views are that user's alone".to_owned(),
        Ok(Belongs::Team) => {
            format!("the views of team `{}` are changed by its lead or the owner", view.team)
        }
        Ok(Belongs::Role | Belongs::Everybody) => {
            "views of a role, and everybody's, are changed by the owner or the data protection officer"
                .to_owned()
        }
        Ok(Belongs::Shipped) | Err(_) => "this view is nobody's to change".to_owned(),
    };
    Err(Error::new(Code::Denied, whose).hint("save one of your own under the same name: it takes precedence"))
}

/// Checks filter, columns and order against the fields there are.
fn vet_definition(schema: &Schema, kind: RecordKind, view: &SavedView) -> Result<(), Error> {
    let query = super::list::parse(&view.filter)?;
    for (_, filter) in query.filters() {
        if let FilterName::Field(name) = &filter.name {
            schema.by_name(kind, &format!("custom.{name}"))?;
        }
        for value in &filter.values {
            if let QueryValue::HasField(name) = value {
                schema.by_name(kind, &format!("custom.{name}"))?;
            }
        }
    }
    for column in &view.columns.0 {
        if !OWN_COLUMNS.contains(&column.as_str()) {
            schema.by_name(kind, column)?;
        }
    }
    sort_of(&view.sort, &query)?;
    Ok(())
}

/// The views somebody has or may change, shipped ones too, by kind and name, the nearest of a name first.
fn all(world: &World, sight: &Sight) -> Vec<(bool, ViewInfo)> {
    let mut views: Vec<(bool, ViewInfo)> = Vec::new();
    for (id, (revision, view)) in &world.views {
        let (has, editable) = (has(sight, view), may_change(sight, view));
        let (Some(on), Ok(belongs)) = (view.kind.0, view.belongs()) else { continue };
        if !has && !editable {
            continue;
        }
        let whose = match belongs {
            Belongs::User => view.user.map(|user| world.user_name(user.0)).unwrap_or_default(),
            Belongs::Team => view.team.clone(),
            Belongs::Role => view.role.clone(),
            Belongs::Everybody | Belongs::Shipped => String::new(),
        };
        let info = info(Some(*id), *revision, on.record(), view, belongs, whose, editable);
        views.push((has, info));
    }
    for one in shipped().iter().filter(|one| one.is_for(sight.rules().built_in.word())) {
        let info = info(None, 0, one.kind.record(), &one.view(), Belongs::Shipped, String::new(), false);
        views.push((true, info));
    }
    views.sort_by(|(_, a), (_, b)| {
        (a.kind, &a.name, a.belongs, &a.whose).cmp(&(b.kind, &b.name, b.belongs, &b.whose))
    });
    // One that somebody has hides the farther ones of the name that somebody has as well.
    let mut before: Option<(RecordKind, String)> = None;
    for (has, view) in &mut views {
        let name = (view.kind, view.name.clone());
        view.hidden = !*has || before.as_ref() == Some(&name);
        if *has {
            before = Some(name);
        }
    }
    views
}

fn info(
    id: Option<Uuid>,
    revision: u64,
    kind: RecordKind,
    view: &SavedView,
    belongs: Belongs,
    whose: String,
    editable: bool,
) -> ViewInfo {
    ViewInfo {
        id,
        revision,
        name: view.name.clone(),
        title: if view.title.is_empty() { view.name.clone() } else { view.title.clone() },
        kind,
        filter: view.filter.clone(),
        columns: view.columns.0.clone(),
        sort: view.sort.clone(),
        belongs,
        whose,
        editable,
        hidden: false,
    }
}

/// The view that a name or an id stands for.
fn named(world: &World, sight: &Sight, kind: RecordKind, name: &str) -> Result<ViewInfo, Error> {
    let views = all(world, sight);
    let id: Option<Uuid> = name.parse().ok();
    let mine = || views.iter().filter(|(has, _)| *has).map(|(_, view)| view);
    let found = mine().find(|view| {
        view.kind == kind && if id.is_some() { view.id == id } else { !view.hidden && view.name == name }
    });
    if let Some(view) = found {
        return Ok(view.clone());
    }
    let known = mine().filter(|view| view.kind == kind && !view.hidden);
    let near = known.map(|view| (strsim::osa_distance(&view.name, name), &view.name)).min();
    let other = mine().any(|view| view.kind != kind && view.name == name);
    let told =
        if id.is_some() { "the view is gone".to_owned() } else { format!("there is no view `@{name}`") };
    Err(match near {
        _ if other => Error::usage(format!("the view `@{name}` lists no {kind} records")),
        Some((distance, near)) if distance <= 3 => Error::usage(told)
            .hint(format!("did you mean `@{near}`? To search for text with an @, put it in quotes")),
        _ => Error::usage(told)
            .hint("`callbook view list` shows them; to search for text with an @, put it in quotes"),
    })
}

impl Ask<'_> {
    /// Reads a query, with the filter of each view in its place.
    pub(super) fn query(&self, kind: RecordKind, text: &str) -> Result<Query, Error> {
        let query = super::list::parse(text)?;
        if query.views().next().is_none() {
            return Ok(query);
        }
        let world = self.world();
        let query = query.expand(|name| {
            let view = named(&world, self.sight(), kind, name)?;
            let inner = super::list::parse(&view.filter)?;
            if let Some(other) = inner.views().next() {
                return Err(Error::usage(format!(
                    "the view `@{name}` names the view `@{other}`, and a view names no other view"
                )));
            }
            Ok(inner)
        })?;
        if query.terms.len() > MAX_TERMS {
            return Err(Error::usage(format!("with its views the query has more than {MAX_TERMS} terms")));
        }
        Ok(query)
    }

    /// The order asked for; where none is, and nothing is searched that could rank, that of the first view.
    pub(super) fn sort_or_views(&self, kind: RecordKind, sort: String, text: &str) -> String {
        if !sort.trim().is_empty() {
            return sort;
        }
        let Ok(query) = super::list::parse(text) else { return sort };
        if query.has_text() {
            return sort;
        }
        let world = self.world();
        let mut sorts = query
            .views()
            .filter_map(|name| named(&world, self.sight(), kind, name).ok())
            .map(|view| view.sort);
        sorts.find(|sort| !sort.is_empty()).unwrap_or(sort)
    }

    pub(super) fn views_of(&self, asked: &Views) -> Vec<ViewInfo> {
        let views = all(&self.world(), self.sight());
        views
            .into_iter()
            .map(|(_, view)| view)
            .filter(|view| asked.all || !view.hidden)
            .filter(|view| asked.kind.is_none_or(|kind| kind == view.kind))
            .collect()
    }

    /// Names of views that begin so, for completion.
    pub(super) fn complete_views(&self, complete: &Complete) -> Vec<Completion> {
        let prefix = complete.prefix.to_lowercase();
        let limit = usize::try_from(complete.limit).unwrap_or(usize::MAX);
        all(&self.world(), self.sight())
            .into_iter()
            .map(|(_, view)| view)
            .filter(|view| view.kind == complete.kind && !view.hidden && view.name.starts_with(&prefix))
            .take(limit)
            .map(|view| Completion { text: view.name, count: 0 })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_fits_the_fields_there_are() {
        let schema = Schema::new(&[]);
        for one in shipped() {
            vet_definition(&schema, one.kind.record(), &one.view())
                .unwrap_or_else(|error| panic!("{}: {error}", one.name));
        }
    }
}
