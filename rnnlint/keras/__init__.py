"""What Keras is: names, signatures, shapes, masks and cuDNN eligibility, by version and backend."""
