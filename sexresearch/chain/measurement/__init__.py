"""Is it measured well? Reliability, validity, heterotrait-monotrait ratios and a first look at the factors."""
