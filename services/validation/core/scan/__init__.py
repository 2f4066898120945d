"""The security scan of any SQL: one table of rules over words, and a look at each statement's tree."""
