"""Between validation's protobuf messages and its model, one file for each subject."""
