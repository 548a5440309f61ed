# A placeholder for grafana/grafana:12.0.2, NOT Grafana: no package registry has its server. It holds the provisioned folders and says what
# it is on Grafana's port, so that everything around it can be started.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-minimal libpython3-stdlib \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 472 -g 0 /var/lib/grafana
# Written line by line: engines before 23 know no here-documents.
RUN printf '%s\n' \
    'import http.server' \
    'SAID = b"This is a placeholder: Grafana itself could not be had where this image was made.\n"' \
    'class Said(http.server.BaseHTTPRequestHandler):' \
    '    def do_GET(self):' \
    '        self.send_response(200 if self.path == "/api/health" else 501)' \
    '        self.send_header("Content-Type", "text/plain; charset=utf-8")' \
    '        self.end_headers()' \
    '        self.wfile.write(SAID)' \
    '    def log_message(self, *_): pass' \
    'print(SAID.decode(), end="", flush=True)' \
    'http.server.HTTPServer(("", 3000), Said).serve_forever()' \
    > /placeholder.py
LABEL onsale.stand-in="a placeholder, not Grafana"
USER 472
VOLUME /var/lib/grafana
CMD ["python3", "/placeholder.py"]
