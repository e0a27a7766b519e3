SECRET="your-webhook-secret"
PAYLOAD='{"order_number":"12345","product":"Nike Shoes","price":99.99}'
SIGNATURE=$(echo -n "$PAYLOAD" | openssl dgst -sha256 -hmac "$SECRET" | cut -d' ' -f2)

curl -X POST http://localhost:8001/api/v2/webhooks/orders \
  -H "Content-Type: application/json" \
  -H "X-Webhook-Signature: $SIGNATURE" \
  -d "$PAYLOAD"
