"Teach and analyse multimodal machine unlearning in notebooks: Fisher saliency masks, true oracles, a laptop"

__version__ = "0.1.0"
