"""What Keras is: names, signatures, shapes, masks and cuDNN eligibility, by version and backend.

A source is a function of a Keras release. Where a docstring says that releases were run, their behaviour was observed
on each of their backends before the code was written; the tests repeat it for the Keras versions that they have.
"""
