"""Question files: what they are, how they are read into drafts, how drafts are written out again.

Everything here is synchronous and streamed: memory does not grow with the file. `formats.open_reader` is the way in.
Readers yield a `Draft` or a `Rejected` for each question found and raise `Invalid` when the whole file is refused;
writers yield bytes and report what the format cannot carry as a `Loss`.
"""
