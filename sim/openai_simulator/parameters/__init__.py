"""The parameters of each call: what they may be, which of them are offered, and OpenAI's words for every other value.

`tests/unit/openai_simulator/test_parameters.py` compares the tables with the types of OpenAI's SDK.
"""
