"""The database of a node: one code path for SQLite and PostgreSQL, SQLAlchemy Core."""
