"""A story's faults for machines other than our own: AWS Fault Injection Service, LocalStack's Chaos API.

`python -m sim export fis STORY` reads the story's text (reading.py), decides for each fault what FIS can do of it
(decisions.py) and what a rule of the Chaos API can (chaos_rules.py), and says of the rest why not. See docs/fis.md.
"""
