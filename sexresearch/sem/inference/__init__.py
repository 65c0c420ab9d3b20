"""Standard errors, tests of fit, fit measures, tables of estimates."""
