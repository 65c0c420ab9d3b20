"""`study.toml`: what a study is made of, read, checked and kept as one frozen value."""
