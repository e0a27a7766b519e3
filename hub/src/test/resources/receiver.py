"""A subscriber of seed 004 in Python. It is given a secret and the file with the seed's verify_webhook, unchanged."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

secret = sys.argv[1]
with open(sys.argv[2], encoding="utf-8") as seed:
    exec(seed.read())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        right = verify_webhook(body, self.headers["X-Signature"], secret)
        self.send_response(200 if right else 401)
        self.end_headers()
        print("verified" if right else "refused", body.decode("utf-8"), flush=True)

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print("port", server.server_port, flush=True)
server.serve_forever()
