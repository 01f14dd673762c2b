"""The ledger's migrations. Never a batch operation on audit tables: it would drop their guards."""
