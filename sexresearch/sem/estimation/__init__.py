"""From options, table and samples to estimates."""
