curl -X POST http://localhost:8001/api/v2/webhooks/orders \
  -H "Content-Type: application/json" \
  -d '{
    "order_number": "12345",
    "product": "Nike Shoes",
    "price": 99.99,
    "quantity": 1,
    "email": "customer@example.com",
    "status": "pending"
  }'
