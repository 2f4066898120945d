"""What is known about the data: schemas, values and the part of them that a question is about."""
