"""What Keras is: names, signatures, shapes, masks and cuDNN eligibility, by version and backend.

Sources name a function of a Keras release. "FACTS" with a section is the project's own table of measurements: what each
release did on each backend, run and noted before the code was written. The tests repeat those for the Keras versions
that they have.
"""
