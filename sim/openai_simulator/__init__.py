"""A simulator of OpenAI's HTTP API, in a process of its own, with faults that can be injected.

It answers in the formats that the OpenAI SDK reads, knows the words of every recording of `sim.recordings`, keeps a
journal of each request with what OpenAI would have billed, and fails by rules that its control API adds. Each pipeline
has a *space* of its own, the first path segment (`http://127.0.0.1:PORT/<space>/v1`), with its own key, faults, journal
and bill.

`python -m sim.openai_simulator` starts it; `sim.openai_simulator.client` is the client of its control API.
"""
