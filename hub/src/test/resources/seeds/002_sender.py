import hmac
import hashlib
import json
import requests

# Your payload
payload = {
    "order_number": "12345",
    "product": "Nike Shoes",
    "price": 99.99
}

# Convert to JSON string
payload_string = json.dumps(payload)

# Your secret (set in backend-v2/.env)
secret = "your-webhook-secret"

# Generate signature
signature = hmac.new(
    secret.encode(),
    payload_string.encode(),
    hashlib.sha256
).hexdigest()

# Send request
headers = {
    "Content-Type": "application/json",
    "X-Webhook-Signature": signature
}

response = requests.post(
    "http://localhost:8001/api/v2/webhooks/orders",
    json=payload,
    headers=headers
)
