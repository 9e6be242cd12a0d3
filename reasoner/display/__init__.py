"""What is drawn and shown: the mechanism graph as picture and page, answers in a notebook."""
