"""Meeting a site: visit, guess, findings, health."""
