const crypto = require('crypto');

function verifyWebhook(body, signature, secret) {
    const expected = crypto
        .createHmac('sha256', secret)
        .update(body)
        .digest('hex');
    
    const received = signature.replace('sha256=', '');
    return expected.length === received.length
        && crypto.timingSafeEqual(Buffer.from(expected), Buffer.from(received));
}
