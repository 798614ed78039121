"""Other cases as an explanation: near ones, typical ones, those that the predictor learned this from."""
