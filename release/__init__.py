"""Blue-green releases: plan, gate, shift, bake, roll back, ledger; the engine is not known here."""
