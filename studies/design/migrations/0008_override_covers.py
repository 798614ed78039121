"""A written reason says what it covers, and a gate may have several: what turns red later needs one of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('design', '0007_adjudication'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='gateoverride', name='override_once_per_gate'),
        migrations.AddField(model_name='gateoverride', name='covers', field=models.JSONField(default=dict)),
        migrations.AlterField(model_name='gateoverride', name='about', field=models.CharField(max_length=300)),
    ]
