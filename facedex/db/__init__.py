"""The library's SQLite files. The only place with SQL."""
