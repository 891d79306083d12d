"""What the library can tell of itself: the ledger of names, the installation, rows to show."""
