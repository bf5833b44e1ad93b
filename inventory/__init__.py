"""The stock ledger: receive, reserve, release, ship, return; demand estimates and reorder points."""
