import hashlib
import hmac
import json
import urllib.request

secret = "your-webhook-secret"
payload = {"order_number": "12345", "product": "Nike Shoes", "price": 99.99}

# Sign the very bytes that are sent.
body = json.dumps(payload).encode()
signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

request = urllib.request.Request(
    "{{url}}",
    data=body,
    headers={"Content-Type": "application/json", "X-Webhook-Signature": signature},
)
with urllib.request.urlopen(request) as response:
    print(response.status, response.read().decode())
