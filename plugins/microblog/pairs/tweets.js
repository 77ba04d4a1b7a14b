window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id": "1300000000000000001",
      "id_str": "1300000000000000001",
      "created_at": "Tue Sep 08 15:01:00 +0000 2020",
      "full_text": "What we learned from 12 interviews &amp; one mistake #research",
      "lang": "en",
      "entities": {
        "hashtags": [
          {
            "text": "research",
            "indices": [
              "50",
              "59"
            ]
          }
        ],
        "user_mentions": [],
        "urls": []
      },
      "retweeted": false
    }
  },
  {
    "tweet": {
      "id": "1300000000000000002",
      "id_str": "1300000000000000002",
      "created_at": "Tue Sep 08 15:20:00 +0000 2020",
      "full_text": "@bo_lund Yes: ask first, then draw.",
      "lang": "en",
      "in_reply_to_status_id_str": "1299999999999999990",
      "in_reply_to_screen_name": "bo_lund",
      "entities": {
        "hashtags": []
      }
    }
  },
  {
    "tweet": {
      "id": "1300000000000000003",
      "id_str": "1300000000000000003",
      "created_at": "Wed Sep 09 08:00:00 +0000 2020",
      "full_text": "RT @bo_lund: Slides of yesterday's talk",
      "lang": "en",
      "entities": {
        "hashtags": []
      }
    }
  }
]
