"""What engines behind a network have in common: addresses, keys, patience, pace, and sound.

No HTTP library is used here: each engine brings its official client, and says what its errors
mean as a `Trouble`.
"""
