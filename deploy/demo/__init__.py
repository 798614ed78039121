"""The demo: real data, a real worker, the real web application, simulated participants; in a folder of its own."""
