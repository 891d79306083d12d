"""Walking folders and telling what changed. No database, no decoding."""
