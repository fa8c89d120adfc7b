"""What may a tf.data pipeline contain without becoming slower?"""
