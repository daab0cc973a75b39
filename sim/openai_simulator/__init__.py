"""A stand-in for OpenAI's HTTP API, in a process of its own, that can be told to misbehave.

It speaks the shapes the OpenAI SDK speaks, knows what is said in every recording of
`sim.recordings`, keeps a journal of each request with what it would have been billed, and breaks by
rules put in place over its control plane. Each pipeline has a *space* of its own, a first path segment
(`http://127.0.0.1:PORT/<space>/v1`), with its own key, faults, journal and bill.

`python -m sim.openai_simulator` starts it; `sim.openai_simulator.client` steers it.
"""
