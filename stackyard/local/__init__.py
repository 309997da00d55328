"""The embedded cloud: AWS by moto, a real Kubernetes control plane, real daemons, on loopback."""
