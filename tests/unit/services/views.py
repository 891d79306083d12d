"""All that other programs see of a library, for comparing two moments of it."""

from facedex.db.connection import rows


def v1_views(db):
    """Return every v1 view with its rows in an order that does not depend on how they are
    stored."""
    names = rows(db, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
    return {
        name: sorted(rows(db, f"SELECT * FROM {name}"), key=repr)  # noqa: S608 -- from the schema
        for (name,) in names
    }
