"""What may you insert into a tf.data pipeline without slowing it down?"""
