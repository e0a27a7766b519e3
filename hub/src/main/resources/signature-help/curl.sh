SECRET="your-webhook-secret"
PAYLOAD='{"order_number":"12345","product":"Nike Shoes","price":99.99}'
SIGNATURE=$(printf '%s' "$PAYLOAD" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //')

curl -X POST "{{url}}" \
  -H "Content-Type: application/json" \
  -H "X-Webhook-Signature: $SIGNATURE" \
  -d "$PAYLOAD"
