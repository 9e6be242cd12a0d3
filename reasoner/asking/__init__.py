"""Read a question in plain words as one of the questions that Marrow answers, or as none.

Nothing is guessed: a reading has to account for every word of the question, by a phrase, by a name
or by the list of small words that change nothing. What is left over makes the question unclear.
"""
