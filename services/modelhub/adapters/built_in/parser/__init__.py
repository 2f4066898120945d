"""The neural parser of the built-in engine: question and schema in, a beam of representations out."""
