"""Named checks of what an AWS emulator must do.

`suite.py`: the checks that the users of an emulator select by name: the start of LocalStack and of a world,
`tox -e sim -- emulator`, the endpoint engine. `documented`: what AWS documents, call by call, and the command
`tox -e sim -- conformance`.
"""
