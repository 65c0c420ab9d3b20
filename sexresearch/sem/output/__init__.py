"""What a fit shows: results, summary, problems, provenance, the lavaan script that says the same."""
