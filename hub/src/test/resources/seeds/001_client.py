import httpx

class BridgeCoreWebhookClient:
    def __init__(self, base_url: str, token: str):
        self.base_url = base_url
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get_events(
        self,
        model: str = None,
        limit: int = 100
    ):
        params = {"limit": limit}
        if model:
            params["model_name"] = model

        async with httpx.AsyncClient() as client:
            response = await client.get(
                f"{self.base_url}/api/v1/webhooks/events",
                headers=self.headers,
                params=params
            )
            response.raise_for_status()
            return response.json()

    async def smart_sync(
        self,
        user_id: int,
        device_id: str,
        app_type: str
    ):
        payload = {
            "user_id": user_id,
            "device_id": device_id,
            "app_type": app_type,
            "limit": 100
        }

        async with httpx.AsyncClient() as client:
            response = await client.post(
                f"{self.base_url}/api/v2/sync/pull",
                headers=self.headers,
                json=payload
            )
            response.raise_for_status()
            return response.json()
