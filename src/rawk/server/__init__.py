"""The API's server: uvicorn, with bounds for what a connection may cost before anyone knows whose it is."""
