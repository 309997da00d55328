"""The API in half a core, beside its peers in Node."""
