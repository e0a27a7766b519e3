<?php
$secret = 'your-webhook-secret';
$payload = ['order_number' => '12345', 'product' => 'Nike Shoes', 'price' => 99.99];

// Sign the very text that is sent.
$body = json_encode($payload);
$signature = hash_hmac('sha256', $body, $secret);

$request = curl_init('{{url}}');
curl_setopt_array($request, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => $body,
    CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'X-Webhook-Signature: ' . $signature],
    CURLOPT_RETURNTRANSFER => true,
]);
echo curl_exec($request), PHP_EOL;
